"""The Flask extensions, made once and bound to the application in ``create_app``."""

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy

from crm.core.columns import Base
from crm.web.shown import BoundCSRF

db = SQLAlchemy(model_class=Base)
login_manager = LoginManager()
csrf = BoundCSRF()
